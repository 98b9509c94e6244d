package org.viditq.quantize.plan;

import java.util.Optional;

/**
 * Settings of the layers whose qualified name contains {@code pattern}, in place of the plan's; of
 * several that match, the last one that says something wins.
 *
 * @param pattern substring of the qualified layer name
 * @param weightBits width of weight codes
 * @param weightSymmetric whether the weight's zero point is fixed at 0
 * @param activationBits width of activation codes
 */
public record LayerOverride(
    String pattern,
    Optional<Integer> weightBits,
    Optional<Boolean> weightSymmetric,
    Optional<Integer> activationBits) {}
