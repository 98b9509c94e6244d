package org.viditq.cli.console;

import java.util.Locale;

/** Numbers as people read them. */
public final class Quantities {
  private Quantities() {}

  /** A number of things: 1 prompt, 2 prompts. */
  public static String of(long count, String thing) {
    return count + " " + thing + (count == 1 ? "" : "s");
  }

  /** Bytes in binary units with three significant digits: 512 B, 9.75 MiB. */
  public static String bytes(long bytes) {
    if (bytes < 1024) {
      return bytes + " B";
    }
    String[] units = {"KiB", "MiB", "GiB", "TiB"};
    double value = bytes;
    int unit = -1;
    while (value >= 1024 && unit < units.length - 1) {
      value /= 1024;
      unit++;
    }
    int decimals = value < 10 ? 2 : value < 100 ? 1 : 0;
    return String.format(Locale.ROOT, "%." + decimals + "f %s", value, units[unit]);
  }

  /** A count in decimal units: 950, 5.1 M. */
  public static String count(long count) {
    if (count < 10_000) {
      return Long.toString(count);
    }
    String[] units = {"K", "M", "G", "T"};
    double value = count;
    int unit = -1;
    while (value >= 1000 && unit < units.length - 1) {
      value /= 1000;
      unit++;
    }
    return String.format(Locale.ROOT, value < 100 ? "%.1f %s" : "%.0f %s", value, units[unit]);
  }

  /** Seconds: 0.42 s, 12.3 s, 2 min 05 s. */
  public static String seconds(double seconds) {
    if (seconds >= 60) {
      long whole = Math.round(seconds);
      return String.format(Locale.ROOT, "%d min %02d s", whole / 60, whole % 60);
    }
    return String.format(Locale.ROOT, seconds < 10 ? "%.2f s" : "%.1f s", seconds);
  }

  /** Seconds as nobody needs them exactly: 42 s, 3 min, 2 h 10 min. */
  public static String roughSeconds(double seconds) {
    long whole = Math.max(1, Math.round(seconds));
    if (whole < 90) {
      return whole + " s";
    }
    long minutes = Math.round(whole / 60.0);
    return minutes < 90
        ? minutes + " min"
        : String.format(Locale.ROOT, "%d h %02d min", minutes / 60, minutes % 60);
  }

  /** A ratio: 1.84×. */
  public static String times(double ratio) {
    return String.format(Locale.ROOT, "%.2f×", ratio);
  }

  /** A PSNR: 24.7 dB; an infinite one is that of identical pictures. */
  public static String decibel(double value) {
    return Double.isInfinite(value) ? "identical" : String.format(Locale.ROOT, "%.1f dB", value);
  }

  /** An SSIM: 0.785. */
  public static String similarity(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }
}
