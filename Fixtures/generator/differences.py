"""`previous_attributes`: computed from two snapshots, and proved by laying them over the newer one.

The provider's rule: objects are told by their changed keys only, an array that changed is told whole, a key that was
absent before is told as null.
"""

from copy import deepcopy


def previous_attributes(before, after):
    told = {}
    for key in sorted(set(before) | set(after)):
        was, now = before.get(key), after.get(key)
        if was == now:
            continue
        if isinstance(was, dict) and isinstance(now, dict):
            told[key] = previous_attributes(was, now)
        else:
            told[key] = deepcopy(was)
    return told


def laid_over(snapshot, told):
    """The snapshot with `told` over it: objects merge, everything else replaces."""
    result = deepcopy(snapshot)
    for key, value in told.items():
        if isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = laid_over(result[key], value)
        else:
            result[key] = deepcopy(value)
    return result


def without_nulls(value):
    """Null equals absent, as when states are compared."""
    if isinstance(value, dict):
        return {key: without_nulls(one) for key, one in value.items() if one is not None}
    if isinstance(value, list):
        return [without_nulls(one) for one in value]
    return value


def same(one, other):
    return without_nulls(one) == without_nulls(other)
