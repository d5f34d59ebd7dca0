from __future__ import annotations

import pytest

from avlearn.data.unpacked import DATA_SETS, read_manifest


@pytest.mark.parametrize("name", ["esc50", "dcase2014", "voc2007", "hmdb51"])
def test_every_data_set_has_its_name(made, tmp_path, name):
    assert read_manifest(name, getattr(made, name)(tmp_path)).name == name
    assert name in DATA_SETS


def test_what_is_wrong_is_named(tmp_path):
    with pytest.raises(ValueError, match="unknown data set 'esc11'; choose one of esc10, esc50"):
        read_manifest("esc11", tmp_path)
    with pytest.raises(ValueError, match="there is no folder"):
        read_manifest("esc10", tmp_path / "nowhere")
