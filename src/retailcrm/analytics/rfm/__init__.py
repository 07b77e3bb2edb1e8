"""RFM scores: how lately, how often, for how much; with cut points that are printed and can be kept."""

from retailcrm.analytics.rfm.cuts import Cut, Cuts
from retailcrm.analytics.rfm.fitting import fit_cuts
from retailcrm.analytics.rfm.scores import RfmScores, score
from retailcrm.analytics.rfm.spec import RfmSpec

__all__ = ["Cut", "Cuts", "RfmScores", "RfmSpec", "fit_cuts", "score"]
