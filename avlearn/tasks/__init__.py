"""What trained models are asked to do, and what is asked of them without a model.

Read `localize` first: the measures of a model's heat maps, with all baselines and controls. `detect` asks which of
several objects sound, `understand` what the features tell of whole scenes. `annotated_boxes` scores maps that never see
a picture on the boxes of published test sets.
"""
