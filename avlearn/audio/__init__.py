"""Sound in, pictures of sound out: the log-mel frontends. Read `frontend` first."""

from avlearn.audio.frontend import PRESETS, LogMel, LogMelConfig, check_waveform, mel_filters

__all__ = ["PRESETS", "LogMel", "LogMelConfig", "check_waveform", "mel_filters"]
