"""Guided experiments on models that run: steps 3 to 5 of the quantization lab."""

EXPERIMENTS = ()
