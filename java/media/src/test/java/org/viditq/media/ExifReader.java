package org.viditq.media;

import static org.assertj.core.api.Assertions.assertThat;

import com.drew.imaging.ImageMetadataReader;
import com.drew.imaging.ImageProcessingException;
import com.drew.metadata.Metadata;
import com.drew.metadata.exif.ExifIFD0Directory;
import com.drew.metadata.exif.ExifSubIFDDirectory;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/** What another library finds in the EXIF of a file. */
record ExifReader(String software, Map<String, String> texts) {
  static ExifReader read(byte[] file) throws IOException {
    try {
      Metadata metadata = ImageMetadataReader.readMetadata(new ByteArrayInputStream(file));
      byte[] comment =
          metadata
              .getFirstDirectoryOfType(ExifSubIFDDirectory.class)
              .getByteArray(ExifSubIFDDirectory.TAG_USER_COMMENT);
      assertThat(new String(comment, 0, 8, StandardCharsets.US_ASCII)).isEqualTo("UNICODE\0");
      String json = new String(comment, 8, comment.length - 8, StandardCharsets.UTF_16BE);
      return new ExifReader(
          metadata
              .getFirstDirectoryOfType(ExifIFD0Directory.class)
              .getString(ExifIFD0Directory.TAG_SOFTWARE),
          texts(json));
    } catch (ImageProcessingException e) {
      throw new AssertionError(e);
    }
  }

  /** The texts in a JSON object. */
  static Map<String, String> texts(String json) throws IOException {
    Map<String, String> texts = new TreeMap<>();
    new ObjectMapper()
        .readTree(json)
        .properties()
        .forEach(entry -> texts.put(entry.getKey(), entry.getValue().textValue()));
    return texts;
  }
}
