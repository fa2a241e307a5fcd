"""A daily table larger than memory: Parquet files by year and bucket of stations, with an index.

DIR/store.json                   what it was built from, and every part with its checksum; written last
DIR/index-….parquet              days of each station and year, and the station's bucket
DIR/year=2017/bucket=07.parquet  a part: the daily table of a year and of the stations of a bucket, sorted
DIR/samples/…                    samples made of it by runs, to be used again; may be deleted at any time
DIR/unfinished/…                 what a build that is under way, or was broken off, has done so far
"""
