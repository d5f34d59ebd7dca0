"""Sound in, pictures of sound out, and back: log-mel frontends, and the STFT with the masks that separate sounds.

Read `frontend` first, for what encoders see; `stft` for what a separator works on.
"""

from avlearn.audio.frontend import PRESETS, LogMel, LogMelConfig, SoundSettings, check_waveform, mel_filters
from avlearn.audio.resample import resample
from avlearn.audio.stft import (
    STFT_PRESETS,
    STFTConfig,
    apply_masks,
    binary_masks,
    from_log_frequency,
    ratio_masks,
    stft_config,
    to_log_frequency,
    to_spectrum,
    to_waveform,
)

__all__ = [
    "PRESETS",
    "STFT_PRESETS",
    "LogMel",
    "LogMelConfig",
    "STFTConfig",
    "SoundSettings",
    "apply_masks",
    "binary_masks",
    "check_waveform",
    "from_log_frequency",
    "to_waveform",
    "mel_filters",
    "ratio_masks",
    "resample",
    "to_spectrum",
    "stft_config",
    "to_log_frequency",
]
