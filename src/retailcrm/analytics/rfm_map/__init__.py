"""Segment maps: which RFM scores make which segment, each map proved to cover every code once."""

from retailcrm.analytics.rfm_map.builtin import CHINESE_8, ELEVEN, MAPS
from retailcrm.analytics.rfm_map.maps import Box, Segment, SegmentMap, assign, check_map
from retailcrm.analytics.rfm_map.tables import map_from_table

__all__ = [
    "CHINESE_8",
    "ELEVEN",
    "MAPS",
    "Box",
    "Segment",
    "SegmentMap",
    "assign",
    "check_map",
    "map_from_table",
]
