"""GHCN-Daily, the daily records of the world's weather stations (Menne et al. 2012, doi:10.7289/V5D21VHZ)."""
