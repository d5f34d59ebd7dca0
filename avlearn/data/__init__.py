"""Scenes to learn from: the embedded audiovisual world, collages of real pictures and recordings, and videos.

Read `world` first; `settings` says what can be chosen, `classes` what lives there, `sounds`, `shapes` and `textures`
how it sounds and looks. `collage` makes scenes of the same kind from `pictures` and `recordings`, `subset` picks some
scenes of a source, `transforms` changes clips at random, and `pairing` mixes scenes whose sounds are to be parted
again.

Videos of one's own: `clip_list` lists clips, `dataset` makes scenes of them, and `opening` finds out in which form the
data lie. `video` reads clips, `video_frames` and `video_sound` their halves, `probe` what a file holds and
why it can't be used, `video_writing` writes them; `media`, `spans` and `orientation` are below these.
"""

from avlearn.data.classes import CLASSES as CLASSES
from avlearn.data.classes import MUTE as MUTE
from avlearn.data.classes import SOUNDING as SOUNDING
from avlearn.data.clip_list import ClipList as ClipList
from avlearn.data.clip_list import ClipSpan as ClipSpan
from avlearn.data.collage import Collage as Collage
from avlearn.data.dataset import ClipFormat as ClipFormat
from avlearn.data.dataset import ClipSource as ClipSource
from avlearn.data.dataset import VideoClips as VideoClips
from avlearn.data.digits import digits as digits
from avlearn.data.media import MediaError as MediaError
from avlearn.data.media import Remark as Remark
from avlearn.data.opening import open_data as open_data
from avlearn.data.pairing import MixBatch as MixBatch
from avlearn.data.pairing import mix_and_separate as mix_and_separate
from avlearn.data.pictures import PictureBank as PictureBank
from avlearn.data.probe import MediaInfo as MediaInfo
from avlearn.data.probe import probe as probe
from avlearn.data.recordings import RecordingBank as RecordingBank
from avlearn.data.resampled import Resampled as Resampled
from avlearn.data.settings import DIFFICULTIES as DIFFICULTIES
from avlearn.data.settings import WorldSettings as WorldSettings
from avlearn.data.settings import settings_for as settings_for
from avlearn.data.shard_index import ShardSettings as ShardSettings
from avlearn.data.shard_writing import write_shards as write_shards
from avlearn.data.shards import ShardedClips as ShardedClips
from avlearn.data.subset import Subset as Subset
from avlearn.data.transforms import Augmentation as Augmentation
from avlearn.data.transforms import augment as augment
from avlearn.data.video import Clip as Clip
from avlearn.data.video import read_clip as read_clip
from avlearn.data.video_frames import VideoFrames as VideoFrames
from avlearn.data.video_frames import read_frames as read_frames
from avlearn.data.video_sound import VideoSound as VideoSound
from avlearn.data.video_sound import read_sound as read_sound
from avlearn.data.video_writing import write_video as write_video
from avlearn.data.world import World as World
