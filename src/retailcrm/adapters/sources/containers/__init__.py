"""What a file comes in: gzip, ZIP, encrypted workbooks, plain."""
