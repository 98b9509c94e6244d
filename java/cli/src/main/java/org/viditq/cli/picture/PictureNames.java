package org.viditq.cli.picture;

import java.text.Normalizer;
import java.util.Locale;

/** Names of picture files in a folder. */
public final class PictureNames {
  private static final int MAX_SLUG = 60;

  private PictureNames() {}

  /**
   * For example {@code 03-a-small-pink-star-seed42.png}: unique by number and seed, readable by
   * prompt, safe on every file system.
   *
   * @param number of the prompt, from 1
   */
  public static String of(int number, String prompt, long seed) {
    return String.format(Locale.ROOT, "%02d-%s-seed%d.png", number, slug(prompt), seed);
  }

  /** Lower-case ASCII letters, digits and hyphens; {@code picture} if nothing is left. */
  static String slug(String text) {
    String ascii =
        Normalizer.normalize(text, Normalizer.Form.NFKD)
            .toLowerCase(Locale.ROOT)
            .replaceAll("\\p{M}+", "")
            .replaceAll("[^a-z0-9]+", "-")
            .replaceAll("^-+|-+$", "");
    String cut = ascii.length() <= MAX_SLUG ? ascii : ascii.substring(0, MAX_SLUG);
    String slug = cut.replaceAll("-+$", "");
    return slug.isEmpty() ? "picture" : slug;
  }
}
