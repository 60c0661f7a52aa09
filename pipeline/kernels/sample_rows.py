"""One row per sample and sample type with a value."""

from __future__ import annotations

import numpy as np

from pipeline.kernels import kernel
from pipeline.values import Int32s, Int64s


@kernel
def sample_rows(
    sample_end: Int64s, type_end: Int64s, value_end: Int64s, values: Int64s
) -> tuple[Int32s, Int64s, Int32s, Int64s, Int32s]:
    """Unfold each sample's values, profile by profile, sample type by sample type.

    sample_end  int64 (n_profiles,)  where each profile's samples end
    type_end    int64 (n_profiles,)  where each profile's sample types end
    value_end   int64 (n_samples,)   where each sample's values end; it has as many as its profile has types
    Returns for each row its profile, sample, place of the sample in its profile, value and sample type. Zeros
    are left out, but a sample of nothing but zeros keeps its first.
    """
    total = 0
    for row in range(len(values)):
        total += values[row] != 0
    silent = np.zeros(len(value_end), np.bool_)
    begin = 0
    for sample in range(len(value_end)):
        silent[sample] = begin < value_end[sample]
        for at in range(begin, value_end[sample]):
            if values[at] != 0:
                silent[sample] = False
        total += silent[sample]
        begin = value_end[sample]
    profile_of = np.empty(total, np.int32)
    sample_of = np.empty(total, np.int64)
    place_of = np.empty(total, np.int32)
    value_of = np.empty(total, np.int64)
    type_of = np.empty(total, np.int32)
    row = 0
    first_sample, first_type = 0, 0
    for profile in range(len(sample_end)):
        n_types = type_end[profile] - first_type
        for kind in range(n_types):
            for sample in range(first_sample, sample_end[profile]):
                value = values[value_end[sample] - n_types + kind]
                if value != 0 or (kind == 0 and silent[sample]):
                    profile_of[row] = profile
                    sample_of[row] = sample
                    place_of[row] = sample - first_sample
                    value_of[row] = value
                    type_of[row] = first_type + kind
                    row += 1
        first_sample, first_type = sample_end[profile], type_end[profile]
    return profile_of, sample_of, place_of, value_of, type_of
