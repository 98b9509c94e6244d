package org.viditq.tests.library;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/** A module of this project as its pom describes it. */
record Module(Path folder, Element project) {
  /** The folder of the whole project. */
  static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();

  /** What is built, but no artifact that programs depend on. */
  private static final List<String> UNPUBLISHED = List.of("viditq-bench", "viditq-tests");

  static Module of(Path folder) throws Exception {
    Document pom =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(folder.resolve("pom.xml").toFile());
    return new Module(folder, pom.getDocumentElement());
  }

  /** The project's own pom and those of its modules that are published. */
  static List<Module> published() throws Exception {
    Module parent = of(PROJECT);
    List<Module> all = new ArrayList<>(List.of(parent));
    for (Element module : children(child(parent.project, "modules"))) {
      Module read = of(PROJECT.resolve(module.getTextContent()));
      if (!UNPUBLISHED.contains(read.artifact())) {
        all.add(read);
      }
    }
    return all;
  }

  Path pom() {
    return folder.resolve("pom.xml");
  }

  String artifact() {
    return text("artifactId");
  }

  /** Its own, or that of its parent. */
  String version() {
    Element own = child(project, "version");
    return (own == null ? child(child(project, "parent"), "version") : own).getTextContent();
  }

  boolean hasJar() {
    Element packaging = child(project, "packaging");
    return packaging == null || packaging.getTextContent().equals("jar");
  }

  /** Where its classes are once it is packaged. */
  Path jar() {
    return folder.resolve("target").resolve(artifact() + "-" + version() + ".jar");
  }

  /** That, and those of its natives. */
  List<Path> jars() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("target"))) {
      return files
          .filter(
              file ->
                  file.getFileName()
                      .toString()
                      .matches(
                          "\\Q" + artifact() + "-" + version() + "\\E(-linux-[a-z0-9_]+)?\\.jar"))
          .sorted()
          .toList();
    }
  }

  /** The text of a child of the pom's root; empty if there is none. */
  String text(String name) {
    Element child = child(project, name);
    return child == null ? "" : child.getTextContent().strip();
  }

  boolean has(String name) {
    return child(project, name) != null;
  }

  Map<String, String> properties() {
    Map<String, String> properties = new TreeMap<>();
    Element all = child(project, "properties");
    if (all != null) {
      children(all).forEach(one -> properties.put(one.getTagName(), one.getTextContent()));
    }
    return properties;
  }

  /** Whether it makes a jar of natives besides that of its classes. */
  boolean buildsNatives() throws IOException {
    return Files.readString(pom())
        .contains("<classifier>${native.platform}</classifier>\n              <classesDirectory>");
  }

  /** The artifacts that it gives versions of, with their classifiers if any: {@code a:c}. */
  List<String> managed() {
    List<String> managed = new ArrayList<>();
    for (Element one : children(child(child(project, "dependencyManagement"), "dependencies"))) {
      Element classifier = child(one, "classifier");
      managed.add(
          child(one, "artifactId").getTextContent()
              + (classifier == null ? "" : ":" + classifier.getTextContent()));
    }
    return managed;
  }

  private static Element child(Element parent, String name) {
    return children(parent).stream()
        .filter(child -> child.getTagName().equals(name))
        .findFirst()
        .orElse(null);
  }

  private static List<Element> children(Element parent) {
    List<Element> children = new ArrayList<>();
    for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
      if (node instanceof Element element) {
        children.add(element);
      }
    }
    return children;
  }
}
