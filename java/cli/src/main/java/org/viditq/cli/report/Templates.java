package org.viditq.cli.report;

import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.Template;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The templates of this package's pages; they include each other by name. */
final class Templates {
  private Templates() {}

  static Template find(String name) {
    try (Reader reader = open(name)) {
      return Mustache.compiler().escapeHTML(true).withLoader(Templates::open).compile(reader);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  private static Reader open(String name) {
    return new InputStreamReader(
        Templates.class.getResourceAsStream(name + ".html.mustache"), StandardCharsets.UTF_8);
  }
}
