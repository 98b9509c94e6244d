package org.viditq.serve.work;

import java.time.Duration;

/**
 * How much is accepted and computed at a time.
 *
 * @param queue pictures that may wait
 * @param batch pictures that are sampled together at most
 * @param batchPixels of them together at most, unless one alone has more
 * @param window how long an idle server waits for companions of the first
 * @param pixelsInFlight of everything that waits or is computed
 */
public record WorkLimits(
    int queue, int batch, long batchPixels, Duration window, long pixelsInFlight) {}
