package org.viditq.tests.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Arrows point down only: cli → {quantize, backends} → core, and no package goes in circles. */
@AnalyzeClasses(packages = "org.viditq", importOptions = ImportOption.DoNotIncludeTests.class)
class ArrowsTest {
  private static final String ROOT = "org.viditq.";

  /** What each module may know; commands find backends and name none. */
  private static final Map<String, Set<String>> ALLOWED =
      Map.ofEntries(
          entry("core", Set.of()),
          entry("reference", Set.of("core")),
          entry("cpp", Set.of("core")),
          entry("cuda", Set.of("core")),
          entry("onnxruntime", Set.of("core", "onnx")),
          entry("onnx", Set.of("core")),
          entry("tensorrt", Set.of("core", "onnx", "cuda")),
          entry("quantize", Set.of("core")),
          entry("verify", Set.of("core", "quantize")),
          entry("media", Set.of("core")),
          entry("spark", Set.of("core")),
          entry("api", Set.of("core", "quantize", "media")),
          entry("cli", Set.of("core", "quantize", "verify", "media", "onnx", "tensorrt")),
          entry("serve", Set.of("core", "quantize", "cli", "media")),
          entry(
              "bench",
              Set.of(
                  "core",
                  "quantize",
                  "cli",
                  "media",
                  "serve",
                  "api",
                  "tensorrt",
                  "reference",
                  "cpp",
                  "onnx",
                  "onnxruntime")));

  @ArchTest
  static void everyModuleIsInTheTable(JavaClasses classes) {
    Set<String> modules = new TreeSet<>();
    classes.stream().map(ArrowsTest::module).forEach(modules::add);
    assertThat(modules).containsExactlyInAnyOrderElementsOf(ALLOWED.keySet());
  }

  @ArchTest
  static void modulesKnowOnlyWhatLiesBelow(JavaClasses classes) {
    ALLOWED.forEach((module, below) -> arrows(module, below).check(classes));
  }

  private static ArchRule arrows(String module, Set<String> below) {
    return noClasses()
        .that(describe("lie in " + module, type -> module(type).equals(module)))
        .should()
        .dependOnClassesThat(
            describe(
                "lie in other modules than " + below,
                type ->
                    type.getPackageName().startsWith(ROOT)
                        && !module(type).equals(module)
                        && !below.contains(module(type))));
  }

  @ArchTest
  static final ArchRule contractKnowsNoModel =
      noClasses()
          .that()
          .resideInAnyPackage(
              "org.viditq.core.operators..", "org.viditq.core.quant..", "org.viditq.core.tensor..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "org.viditq.core.model..",
              "org.viditq.core.pipeline..",
              "org.viditq.core.schedule..",
              "org.viditq.core.text..",
              "org.viditq.core.diffusers..");

  /** A module's own package and the packages right below it, however deep their classes lie. */
  @ArchTest
  static final ArchRule packagesAreFreeOfCycles =
      slices().assignedFrom(new PackagesOfModules()).should().beFreeOfCycles();

  private static String module(JavaClass type) {
    return type.getPackageName().substring(ROOT.length()).split("\\.")[0];
  }

  private static final class PackagesOfModules implements SliceAssignment {
    @Override
    public SliceIdentifier getIdentifierOf(JavaClass type) {
      if (!type.getPackageName().startsWith(ROOT)) {
        return SliceIdentifier.ignore();
      }
      String[] parts = type.getPackageName().substring(ROOT.length()).split("\\.");
      return SliceIdentifier.of(parts[0], parts.length > 1 ? parts[1] : "");
    }

    @Override
    public String getDescription() {
      return "modules and the packages right below them";
    }
  }
}
