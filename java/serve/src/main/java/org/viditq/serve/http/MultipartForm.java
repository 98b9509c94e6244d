package org.viditq.serve.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.eclipse.jetty.http.MultiPart;
import org.eclipse.jetty.http.MultiPartFormData;
import org.eclipse.jetty.io.Content;
import org.viditq.core.error.Printable;
import org.viditq.serve.error.ApiException;

/** Forms of text fields, parsed in memory; none of their bytes reaches a file. */
final class MultipartForm {
  private static final int MOST_PARTS = 64;

  private MultipartForm() {}

  /**
   * @param contentType with the boundary
   * @throws ApiException if it is no such form, or holds a file
   */
  static Map<String, List<String>> parse(byte[] body, String contentType) {
    String boundary = boundary(contentType);
    Map<String, List<String>> fields = new LinkedHashMap<>();
    MultiPartFormData.Parser parser = new MultiPartFormData.Parser(boundary);
    parser.setMaxParts(MOST_PARTS);
    parser.setMaxLength(body.length);
    parser.setMaxMemoryFileSize(-1);
    try (MultiPartFormData.Parts parts =
        parser.parse(Content.Source.from(ByteBuffer.wrap(body))).join()) {
      for (MultiPart.Part part : parts) {
        String name = part.getName() == null ? "" : part.getName();
        if (part.getFileName() != null) {
          throw ApiException.invalid(
              Printable.name(name),
              "The field " + Printable.name(name) + " is a file, and no file is taken here.");
        }
        fields.computeIfAbsent(name, unseen -> new ArrayList<>()).add(text(part, name));
      }
    } catch (CompletionException malformed) {
      throw ApiException.invalid("The body is not the form that its type announces.");
    }
    return fields;
  }

  private static String boundary(String contentType) {
    String boundary;
    try {
      boundary = MultiPart.extractBoundary(contentType);
    } catch (IllegalArgumentException unquoted) {
      throw ApiException.invalid("The form's type has a quote that does not end.");
    }
    if (boundary == null || boundary.isEmpty()) {
      throw ApiException.invalid("The form names no boundary; let a library write it.");
    }
    return boundary;
  }

  private static String text(MultiPart.Part part, String name) {
    try {
      ByteBuffer bytes = Content.Source.asByteBuffer(part.createContentSource());
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException notUtf8) {
      throw ApiException.invalid(
          Printable.name(name), "The field " + Printable.name(name) + " is not UTF-8.");
    } catch (java.io.IOException impossible) {
      throw new java.io.UncheckedIOException(impossible);
    }
  }
}
