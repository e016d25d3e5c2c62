"""From failures to causes: which kind a failure is of, what makes two of them one, and what to do about it.

Pure: everything here takes values and returns values. ``kinds`` looks at one failure, ``causes`` at all of a run.
"""
