/**
 * Pictures and clips as files: PNG, JPEG, WebP, GIF and MP4.
 *
 * <p>{@link org.viditq.media.MediaFormat} is the way in. Every file says how it was made ({@link
 * org.viditq.media.Provenance}), and the same clip gives the same bytes every time: no file holds a
 * time, and encoders run on one thread.
 */
package org.viditq.media;
