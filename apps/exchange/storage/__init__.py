"""The one way to keep a file: sealed on the disk, its checksum in a row, who took it in others."""
