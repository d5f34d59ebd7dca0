"""Which rates and codecs each kind of file stores."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from avlearn.data.encodings import ENCODINGS, encoding_of, stored_rate


@pytest.mark.parametrize("suffix", ENCODINGS)
def test_codecs_are_there(suffix: str) -> None:
    encoding = encoding_of(Path(f"a{suffix.upper()}"))
    assert encoding is ENCODINGS[suffix]
    assert {encoding.video_codec, encoding.audio_codec} <= av.codecs_available


def test_a_rate_that_the_codec_lacks_becomes_its_highest() -> None:
    assert [stored_rate(ENCODINGS[suffix], 44_100) for suffix in (".mp4", ".webm", ".mkv")] == [44_100, 48_000, 44_100]


def test_other_kinds_are_refused() -> None:
    with pytest.raises(ValueError, match=r"a\.gif ends in \.gif; name it \.mp4, \.webm, \.mkv"):
        encoding_of(Path("a.gif"))
