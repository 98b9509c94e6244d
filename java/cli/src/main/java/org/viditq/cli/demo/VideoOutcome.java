package org.viditq.cli.demo;

import java.util.List;
import java.util.Optional;
import org.viditq.cli.picture.Motion;
import org.viditq.cli.picture.PictureScores;
import org.viditq.quantize.apply.StoredSize;

/**
 * What one plan gave on clips.
 *
 * @param plan name as {@code --plan} takes it; {@code full-precision} for the original
 * @param title for people
 * @param description one line
 * @param size of the transformer as stored
 * @param clips GIF files, one per prompt
 * @param scores against full precision; empty for full precision itself
 * @param motion flicker and warping error, means over the clips
 * @param secondsPerClip to denoise and decode, without encoding the prompt
 */
record VideoOutcome(
    String plan,
    String title,
    String description,
    StoredSize size,
    List<byte[]> clips,
    Optional<PictureScores> scores,
    Motion motion,
    double secondsPerClip) {}
