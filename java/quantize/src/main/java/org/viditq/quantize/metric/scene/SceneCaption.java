package org.viditq.quantize.metric.scene;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.viditq.core.error.Printable;
import org.viditq.core.error.UsageException;

/**
 * What a caption of the sample models says: one object with or without a size or a motion, or two
 * with a relation, on a background.
 *
 * @param background what lies behind
 * @param objects one or two
 */
record SceneCaption(SceneBackground background, List<ObjectOfScene> objects) {
  /**
   * An object, and where it may be found.
   *
   * @param x centre, pixels from the left of 64
   * @param y centre, pixels from the top of 64
   * @param radii that are tried
   * @param reach how far from the centre is looked, pixels
   * @param step between the places that are tried
   */
  record ObjectOfScene(
      SceneColour colour,
      SceneShape shape,
      double x,
      double y,
      double[] radii,
      int reach,
      int step) {}

  private static final String COLOURS = words(SceneColour.values(), SceneColour::word);
  private static final String SHAPES = words(SceneShape.values(), SceneShape::word);
  private static final String BACKGROUNDS = words(SceneBackground.values(), SceneBackground::word);

  private static final Pattern SINGLE =
      Pattern.compile(
          "an? (?:(small|large) )?"
              + object()
              + "( moving (?:right|left|up|down)| growing|"
              + " shrinking)?"
              + onBackground());

  private static final Pattern PAIR =
      Pattern.compile(
          "an? "
              + object()
              + " (to the left of|to the right of|above|below) an? "
              + object()
              + onBackground());

  private static final double CENTRE = 32;
  private static final double FROM_CENTRE = 15.5;

  SceneCaption {
    objects = List.copyOf(objects);
  }

  /**
   * Whether a text is such a caption.
   *
   * @param text any
   */
  static boolean recognizes(String text) {
    return SINGLE.matcher(text.strip()).matches() || PAIR.matcher(text.strip()).matches();
  }

  /**
   * @throws UsageException if the text is no caption of the samples
   */
  static SceneCaption parse(String text) {
    Matcher single = SINGLE.matcher(text.strip());
    if (single.matches()) {
      return new SceneCaption(
          backgroundOf(single.group(5)),
          List.of(single(single.group(1), single.group(2), single.group(3), single.group(4))));
    }
    Matcher pair = PAIR.matcher(text.strip());
    if (pair.matches()) {
      return new SceneCaption(backgroundOf(pair.group(6)), pair(pair));
    }
    throw new UsageException(
        "The metric scene-alignment knows the sample models' captions only, such as \"a large red"
            + " circle on a white background\", not \""
            + Printable.name(text)
            + "\"; judge other prompts by a network in an ONNX file.");
  }

  private static ObjectOfScene single(String size, String colour, String shape, String motion) {
    if (motion != null) {
      // It may be anywhere by now, and of any size.
      double[] radii = {7, 9, 11, 13, 16, 20};
      return object(colour, shape, CENTRE, CENTRE, radii, 18, 3);
    }
    double[] radii =
        size == null
            ? new double[] {10, 12, 14, 16, 18, 20, 21.5}
            : size.equals("small")
                ? new double[] {9.3, 10.3, 11.2}
                : new double[] {18.8, 20.3, 21.6};
    return object(colour, shape, CENTRE, CENTRE, radii, 7, 2);
  }

  private static List<ObjectOfScene> pair(Matcher caption) {
    String relation = caption.group(3);
    boolean horizontal = relation.startsWith("to the");
    double first = relation.equals("to the left of") || relation.equals("above") ? -1 : 1;
    List<ObjectOfScene> objects = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      double away = (i == 0 ? first : -first) * FROM_CENTRE;
      objects.add(
          object(
              caption.group(i == 0 ? 1 : 4),
              caption.group(i == 0 ? 2 : 5),
              horizontal ? CENTRE + away : CENTRE,
              horizontal ? CENTRE : CENTRE + away,
              new double[] {10.4, 11.3, 12.2},
              4,
              2));
    }
    return objects;
  }

  private static ObjectOfScene object(
      String colour, String shape, double x, double y, double[] radii, int reach, int step) {
    return new ObjectOfScene(
        find(SceneColour.values(), SceneColour::word, colour),
        find(SceneShape.values(), SceneShape::word, shape),
        x,
        y,
        radii,
        reach,
        step);
  }

  private static SceneBackground backgroundOf(String word) {
    return find(SceneBackground.values(), SceneBackground::word, word);
  }

  private static <T> T find(T[] values, Function<T, String> word, String text) {
    return Arrays.stream(values).filter(v -> word.apply(v).equals(text)).findFirst().orElseThrow();
  }

  private static <T> String words(T[] values, Function<T, String> word) {
    return Arrays.stream(values).map(word).collect(Collectors.joining("|", "(", ")"));
  }

  private static String object() {
    return COLOURS + " " + SHAPES;
  }

  private static String onBackground() {
    return " on an? " + BACKGROUNDS + " background";
  }
}
