package org.viditq.serve.http;

import java.time.Duration;

/**
 * What one request may ask for.
 *
 * @param bodyBytes of a request
 * @param promptCharacters of a prompt, and of a negative one
 * @param pictures of one request, {@code n}
 * @param steps of sampling
 * @param pixels of a picture or of all frames of a clip
 * @param deadline after which it is given up
 * @param receive within which it must have arrived
 */
public record RequestLimits(
    int bodyBytes,
    int promptCharacters,
    int pictures,
    int steps,
    long pixels,
    Duration deadline,
    Duration receive) {}
