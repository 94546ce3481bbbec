"""Run programs: one pure step at a time, by the algorithm of W3C SCXML, appendix D."""
