package org.viditq.quantize.metric;

import boofcv.abst.flow.DenseOpticalFlow;
import boofcv.alg.flow.ConfigBroxWarping;
import boofcv.factory.flow.FactoryDenseOpticalFlow;
import boofcv.struct.flow.ImageFlow;
import boofcv.struct.image.GrayF32;
import org.viditq.core.tensor.Tensor;

/**
 * Where each pixel of a frame has gone in another, after T. Brox et al., High Accuracy Optical Flow
 * Estimation Based on a Theory for Warping, 2004, as BoofCV implements it.
 *
 * @param x to the right in pixels, row by row
 * @param y downwards in pixels, row by row
 */
record OpticalFlow(float[] x, float[] y) {
  /** Frames with a shorter side have too few pixels for the method's pyramid. */
  static final int SHORTEST_SIDE = 16;

  /** The method's parameters are made for eight bits. */
  private static final float LARGEST_VALUE = 255;

  /** Weights of red, green and blue in luma, ITU-R BT.601. */
  private static final float[] LUMA = {0.299f, 0.587f, 0.114f};

  /** From frame {@code from} to frame {@code to} of a clip [T, H, W, 3] with values from 0 to 1. */
  static OpticalFlow between(Tensor clip, int from, int to) {
    GrayF32 first = luma(clip, from);
    GrayF32 second = luma(clip, to);
    ImageFlow flow = new ImageFlow(first.width, first.height);
    DenseOpticalFlow<GrayF32> method =
        FactoryDenseOpticalFlow.broxWarping(new ConfigBroxWarping(), GrayF32.class);
    method.process(first, second, flow);
    float[] x = new float[flow.data.length];
    float[] y = new float[flow.data.length];
    for (int i = 0; i < x.length; i++) {
      x[i] = flow.data[i].x;
      y[i] = flow.data[i].y;
    }
    return new OpticalFlow(x, y);
  }

  private static GrayF32 luma(Tensor clip, int frame) {
    int height = clip.dim(1);
    int width = clip.dim(2);
    GrayF32 luma = new GrayF32(width, height);
    int at = frame * height * width * LUMA.length;
    for (int i = 0; i < luma.data.length; i++) {
      for (float weight : LUMA) {
        luma.data[i] += LARGEST_VALUE * weight * clip.data()[at++];
      }
    }
    return luma;
  }
}
