package org.viditq.bench.pipeline;

import org.viditq.bench.report.Median;

/**
 * What was measured of one contender at one size of pictures.
 *
 * @param nanos of each evaluation
 * @param peakBytes most resident memory of its process
 * @param weightBytes native memory of the model
 */
record Measured(String name, long[] nanos, long peakBytes, long weightBytes) {
  double medianSeconds() {
    return Median.of(nanos) * 1e-9;
  }
}
