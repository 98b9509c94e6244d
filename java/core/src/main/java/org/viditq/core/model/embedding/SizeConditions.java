package org.viditq.core.model.embedding;

/**
 * The picture size that PixArt-α was trained to be told.
 *
 * @param resolution [B, 2], height and width in pixels
 * @param aspectRatio [B, 1], height / width
 */
public record SizeConditions<V>(V resolution, V aspectRatio) {}
