"""Checks of the book's exercises: each compares an answer with what the library computes, and hints at what is wrong.

Read `feedback` first; every other file holds the checks of one page.
"""
