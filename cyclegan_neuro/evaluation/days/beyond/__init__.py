"""What mean tuning does not show: noise correlations, time courses, hidden states, and whether a classifier can tell.

All scores are of residuals: ΔF/F less the mean of its place (position bin, time since an event), each signal's own, so
that no score sees a difference of tuning. Where no place is known the mean over all frames is removed.
"""
