package org.viditq.quantize.weight;

import org.ejml.data.DMatrixRMaj;
import org.viditq.core.quant.Rotation;

/** From the second moments of a layer's input to those of what it becomes. */
final class InputMoments {
  private InputMoments() {}

  /** Of x / s, in place. */
  static void divide(DMatrixRMaj moments, float[] s) {
    for (int i = 0; i < s.length; i++) {
      for (int j = 0; j < s.length; j++) {
        moments.data[i * s.length + j] /= (double) s[i] * s[j];
      }
    }
  }

  /** Of x, rotated, in place: rows, then columns. */
  static void rotate(DMatrixRMaj moments, Rotation rotation) {
    for (int pass = 0; pass < 2; pass++) {
      rotateRows(moments, rotation);
      transpose(moments);
    }
  }

  private static void rotateRows(DMatrixRMaj moments, Rotation rotation) {
    int columns = moments.numCols;
    float[] row = new float[columns];
    for (int r = 0; r < moments.numRows; r++) {
      for (int c = 0; c < columns; c++) {
        row[c] = (float) moments.data[r * columns + c];
      }
      float[] rotated = rotation.rotate(row, columns);
      for (int c = 0; c < columns; c++) {
        moments.data[r * columns + c] = rotated[c];
      }
    }
  }

  private static void transpose(DMatrixRMaj matrix) {
    int n = matrix.numCols;
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < i; j++) {
        double below = matrix.data[i * n + j];
        matrix.data[i * n + j] = matrix.data[j * n + i];
        matrix.data[j * n + i] = below;
      }
    }
  }
}
