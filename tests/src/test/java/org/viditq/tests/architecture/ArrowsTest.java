package org.viditq.tests.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Arrows point down only: cli → {quantize, backends} → core, and no package goes in circles. */
@AnalyzeClasses(packages = "org.viditq", importOptions = ImportOption.DoNotIncludeTests.class)
class ArrowsTest {
  private static final String CORE = "org.viditq.core..";
  private static final String QUANTIZE = "org.viditq.quantize..";
  private static final String CLI = "org.viditq.cli..";
  private static final String BENCH = "org.viditq.bench..";
  private static final String[] BACKENDS = {
    "org.viditq.reference..", "org.viditq.cpp..", "org.viditq.onnx.."
  };

  @ArchTest
  static final ArchRule coreKnowsNoModuleAboveIt =
      noClasses()
          .that()
          .resideInAPackage(CORE)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(QUANTIZE, CLI, BENCH, BACKENDS[0], BACKENDS[1], BACKENDS[2]);

  @ArchTest
  static final ArchRule quantizeNeedsOnlyTheContract =
      noClasses()
          .that()
          .resideInAPackage(QUANTIZE)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(CLI, BENCH, BACKENDS[0], BACKENDS[1], BACKENDS[2]);

  @ArchTest
  static final ArchRule backendsNeedOnlyCore =
      noClasses()
          .that()
          .resideInAnyPackage(BACKENDS)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(QUANTIZE, CLI, BENCH);

  @ArchTest
  static final ArchRule commandsFindBackendsAndNameNone =
      noClasses()
          .that()
          .resideInAPackage(CLI)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(BACKENDS);

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

  @ArchTest
  static final ArchRule corePackagesAreFreeOfCycles =
      slices().matching("org.viditq.core.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule quantizePackagesAreFreeOfCycles =
      slices().matching("org.viditq.quantize.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule commandPackagesAreFreeOfCycles =
      slices().matching("org.viditq.cli.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule harnessPackagesAreFreeOfCycles =
      slices().matching("org.viditq.verify.(*)..").should().beFreeOfCycles();
}
