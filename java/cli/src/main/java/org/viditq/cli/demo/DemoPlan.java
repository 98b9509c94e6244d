package org.viditq.cli.demo;

import java.util.List;

/**
 * A plan that the demo shows.
 *
 * @param name of the built-in plan
 * @param title for people
 */
record DemoPlan(String name, String title) {
  /** From what everybody tries first to what the method is for. */
  static final List<DemoPlan> ALL =
      List.of(
          new DemoPlan("w8a8-naive", "W8A8 naive"),
          new DemoPlan("w8a8", "W8A8 dynamic"),
          new DemoPlan("w8a8-balanced", "W8A8 balanced"),
          new DemoPlan("w6a6", "W6A6 balanced"),
          new DemoPlan("w4a8", "W4A8 timestep-aware"));
}
