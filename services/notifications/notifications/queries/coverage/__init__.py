"""The audit of coverage: who had to be told what, read a second time, beside what each channel accepted.

It is written in SQL, from the facts (the events received, certificates, what is open, people, firms and their history)
and the rule sets as they are stored. It shares no code with what plans, writes and sends notices: an import rule says
so, and a mistake there can't hide itself here.
"""
