package org.viditq.cli.evaluate;

import org.viditq.cli.picture.PictureScores;
import org.viditq.quantize.apply.StoredSize;

/**
 * How one plan's pictures compare with the full-precision ones of the same prompts and seeds.
 *
 * @param plan name
 * @param size of the transformer as stored
 * @param run its pictures
 * @param scores of these against full precision
 */
public record PlanScore(String plan, StoredSize size, TimedPictures run, PictureScores scores) {}
