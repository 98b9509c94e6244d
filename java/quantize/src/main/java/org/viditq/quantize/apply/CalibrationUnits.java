package org.viditq.quantize.apply;

import org.viditq.core.resume.PartKey;
import org.viditq.core.resume.Units;

/** Units of a calibration, and the model that computes them. */
public final class CalibrationUnits implements Units, AutoCloseable {
  private final Units units;
  private final Runnable release;

  CalibrationUnits(Units units, Runnable release) {
    this.units = units;
    this.release = release;
  }

  @Override
  public int count() {
    return units.count();
  }

  @Override
  public PartKey key(int unit) {
    return units.key(unit);
  }

  @Override
  public void compute(int unit) {
    units.compute(unit);
  }

  @Override
  public void close() {
    release.run();
  }
}
