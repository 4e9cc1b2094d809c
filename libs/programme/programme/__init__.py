"""What the four services share of the programme: who calls, the dated tree of divisions, dated rule sets."""
