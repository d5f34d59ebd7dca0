"""The systems: each is a frozen config, a module, and `step(batch) -> StepOutput`; no devices, no optimisers."""

from .dcc import DCC as DCC
from .dcc import DCCConfig as DCCConfig
