"""Layouts of files: built on a page from the file's own headings and first rows, listed, retired."""
