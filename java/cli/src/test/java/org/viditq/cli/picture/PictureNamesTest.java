package org.viditq.cli.picture;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PictureNamesTest {
  @Test
  void aNameTellsNumberPromptAndSeed() {
    assertThat(PictureNames.of(3, "a small pink star", 42))
        .isEqualTo("03-a-small-pink-star-seed42.png");
  }

  @ParameterizedTest
  @CsvSource({
    "A  Red--Ring!, a-red-ring",
    "café ångström, cafe-angstrom",
    "../../etc/passwd, etc-passwd",
    "赤い円, picture",
    "'', picture"
  })
  void aSlugIsSafeOnEveryFileSystem(String prompt, String slug) {
    assertThat(PictureNames.slug(prompt)).isEqualTo(slug);
  }

  @Test
  void aLongPromptIsCut() {
    assertThat(PictureNames.slug("word ".repeat(100)))
        .hasSizeLessThanOrEqualTo(60)
        .doesNotEndWith("-");
  }
}
