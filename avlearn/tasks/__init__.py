"""What trained models are asked to do, and what is asked of them without a model.

Read `localize` first: the measures of a model's heat maps, with all baselines and controls. `annotated_boxes` scores
maps that never see a picture on the boxes of published test sets.
"""
