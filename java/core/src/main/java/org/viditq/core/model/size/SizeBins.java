package org.viditq.core.model.size;

/**
 * The sizes that a model was trained for, to which its published pipeline keeps: pictures of other
 * sizes are made at the nearest of these.
 */
public interface SizeBins {
  /** Side of the square one that the model counts as its own size, pixels. */
  int side();

  /** The size that a picture of size {@code asked} is made at. */
  PictureSize nearest(PictureSize asked);

  /**
   * Whether pictures are then brought to the size that was asked for, scaled and cropped; otherwise
   * they stay as they were made.
   */
  boolean broughtToAskedSize();
}
