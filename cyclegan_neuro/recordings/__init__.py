"""One imaging session: reading, checking, matching and writing it; simulating it with known truth.

``loading.read_file`` reads any known format (``readers``), ``checks.check`` says what is wrong with a recording,
``pairing.pair`` brings two days to the same neurons and the same rate, ``writing.write_recording`` writes one.
"""
