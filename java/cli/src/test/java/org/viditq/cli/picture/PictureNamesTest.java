package org.viditq.cli.picture;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PictureNamesTest {
  @Test
  void aNameTellsNumberPromptAndSeed() {
    assertThat(PictureNames.of(3, "a small pink star", "42"))
        .isEqualTo("03-a-small-pink-star-seed42");
  }

  @ParameterizedTest
  @CsvSource({
    "A  Red--Ring!, a-red-ring",
    "café ångström, café-ångström",
    "cafe\u0301, café",
    "../../etc/passwd, etc-passwd",
    "赤い円, 赤い円",
    "Красное КОЛЬЦО., красное-кольцо",
    "लाल वलय, लाल-वलय",
    "حلقة حمراء, حلقة-حمراء",
    "👩‍🚀🔥, picture",
    "🔥 \u0301 x, x",
    "'', picture"
  })
  void aSlugIsReadableInAnyScriptAndSafeOnEveryFileSystem(String prompt, String slug) {
    assertThat(PictureNames.slug(prompt)).isEqualTo(slug);
  }

  @Test
  void charactersThatAreNotSeenLeaveTheName() {
    assertThat(PictureNames.slug("a\u202eb\0c\nd\u200be")).isEqualTo("a-b-c-d-e");
  }

  @ParameterizedTest
  @CsvSource({"café ångström, cafe-angstrom", "红 ring 环, ring", "红色的圆环, picture"})
  void aLocaleWithoutOtherScriptsGetsTheAsciiOfIt(String prompt, String slug) {
    assertThat(PictureNames.asciiSlug(prompt)).isEqualTo(slug);
  }

  @ParameterizedTest
  @ValueSource(strings = {"word ", "红色", "𝒜𠀀", "e\u0301\u0301", "ll"})
  void aLongPromptIsCutAfterAWholeCharacter(String part) {
    String slug = PictureNames.slug(part.repeat(100));
    assertThat(slug.getBytes(StandardCharsets.UTF_8)).hasSizeBetween(100, 120);
    assertThat(slug).doesNotEndWith("-");
    assertThat(new String(slug.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8))
        .isEqualTo(slug);
  }

  @Test
  void aCharacterThatIsTooLongAloneIsLeftOut() {
    assertThat(PictureNames.slug("z" + "\u0332".repeat(200))).isEqualTo("picture");
  }
}
