package org.viditq.cli.evaluate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.viditq.cli.picture.DifferenceMap;
import org.viditq.cli.picture.PictureNames;
import org.viditq.core.error.OutputException;
import org.viditq.core.io.IoReason;
import org.viditq.core.pipeline.Clip;
import org.viditq.media.EncodingOptions;
import org.viditq.media.GifClip;
import org.viditq.media.PngPicture;
import org.viditq.media.Provenance;

/**
 * Writes the pictures of an evaluation: a folder for full precision and for each plan, PNG for
 * pictures and GIF for clips, maps of differences beside them.
 */
final class PictureFiles {
  private static final String REFERENCE = "full-precision";

  private final Path folder;
  private final List<String> prompts;
  private final List<Long> seeds;
  private final Map<String, String> provenance;
  private final Set<String> taken = new HashSet<>();

  /**
   * @param folder where to write
   * @param provenance what all pictures say of themselves
   */
  PictureFiles(
      Path folder, List<String> prompts, List<Long> seeds, Map<String, String> provenance) {
    this.folder = folder;
    this.prompts = prompts;
    this.seeds = seeds;
    this.provenance = provenance;
  }

  /** Those of full precision. */
  List<EvaluatedPicture> writeReference(List<Clip> clips) {
    Path place = create(REFERENCE);
    List<EvaluatedPicture> written = new ArrayList<>();
    for (int i = 0; i < clips.size(); i++) {
      written.add(
          new EvaluatedPicture(
              write(place, name(i), clips.get(i), texts(i, "full precision")), Optional.empty()));
    }
    return written;
  }

  /** Those of a plan. */
  List<EvaluatedPicture> write(String plan, List<Clip> references, List<Clip> clips) {
    Path place = create(PictureNames.folder(plan));
    List<EvaluatedPicture> written = new ArrayList<>();
    for (int i = 0; i < clips.size(); i++) {
      String file = write(place, name(i), clips.get(i), texts(i, plan));
      DifferenceMap map = DifferenceMap.of(references.get(i), clips.get(i));
      Map<String, String> texts = texts(i, plan);
      texts.put("difference", "absolute, times " + map.scale());
      String difference = write(place, name(i) + "-difference", map.clip(), texts);
      written.add(
          new EvaluatedPicture(
              file,
              Optional.of(
                  new EvaluatedPicture.Difference(difference, map.scale(), map.largest()))));
    }
    return written;
  }

  private String name(int picture) {
    return PictureNames.of(picture + 1, prompts.get(picture), Long.toString(seeds.get(picture)));
  }

  private Map<String, String> texts(int picture, String plan) {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("prompt", prompts.get(picture));
    texts.put("seed", Long.toString(seeds.get(picture)));
    texts.put("plan", plan);
    texts.putAll(provenance);
    return texts;
  }

  /** Plans of one name get folders of their own. */
  private Path create(String wanted) {
    String name = wanted;
    for (int number = 2; !taken.add(name); number++) {
      name = wanted + "-" + number;
    }
    try {
      return Files.createDirectory(folder.resolve(name));
    } catch (IOException e) {
      throw failure(e);
    }
  }

  private String write(Path place, String name, Clip clip, Map<String, String> texts) {
    Path file = place.resolve(name + (clip.isPicture() ? ".png" : ".gif"));
    Provenance said = new Provenance(texts);
    try {
      Files.write(
          file,
          clip.isPicture()
              ? PngPicture.encode(clip.frame(0), said)
              : GifClip.encode(clip, said, EncodingOptions.DEFAULT));
    } catch (IOException e) {
      throw failure(e);
    }
    return place.getFileName() + "/" + file.getFileName();
  }

  private OutputException failure(IOException e) {
    return new OutputException("Cannot write " + folder + ": " + IoReason.of(e) + ".", e);
  }
}
