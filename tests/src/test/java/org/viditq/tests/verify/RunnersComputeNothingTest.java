package org.viditq.tests.verify;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.viditq.verify.fixture.SyntheticDenoiser;
import org.viditq.verify.runner.CaseRunners;

/**
 * A runner that computed what it verifies would agree with the fixtures whatever the product does,
 * so runners only call the product: their bytecode neither computes nor compares floating-point
 * numbers, and they know no library that does.
 */
class RunnersComputeNothingTest {
  /** Sums, differences, products, quotients, remainders, negations and comparisons. */
  private static final Pattern ARITHMETIC =
      Pattern.compile("\\s*\\d+: [fd](add|sub|mul|div|rem|neg|cmp[lg])\\b.*");

  private final JavaClasses runners =
      new ClassFileImporter().importPackages(CaseRunners.class.getPackageName());

  @Test
  void bytecodeOfRunnersHoldsNoFloatingPointArithmetic() {
    assertThat(arithmetic(runners.stream().map(JavaClass::getName))).isEmpty();
  }

  /** The model that the scheduler cases were made with is a formula of the fixtures. */
  @Test
  void arithmeticIsFoundWhereItIs() {
    assertThat(arithmetic(Stream.of(SyntheticDenoiser.class.getName())))
        .anyMatch(line -> line.contains("fmul"))
        .anyMatch(line -> line.contains("fadd"));
  }

  @Test
  void runnersKnowTheProductAndNoMathematics() {
    classes()
        .should()
        .onlyDependOnClassesThat(
            resideInAnyPackage(
                    "org.viditq.core..",
                    "org.viditq.quantize..",
                    "org.viditq.verify..",
                    "com.fasterxml.jackson..",
                    "java.lang..",
                    "java.nio.file..",
                    "java.util..")
                .and(not(belongToAnyOf(Math.class, StrictMath.class))))
        .check(runners);
  }

  /** The arithmetic instructions of classes of the verify module, each with its method. */
  private static List<String> arithmetic(Stream<String> classNames) {
    List<String> found = new ArrayList<>();
    String method = "";
    for (String line : disassemble(classNames.toList()).lines().toList()) {
      if (ARITHMETIC.matcher(line).matches()) {
        found.add(method + line);
      } else if (line.endsWith(";") || line.endsWith("{")) {
        method = line.strip();
      }
    }
    return found;
  }

  private static String disassemble(List<String> classNames) {
    assertThat(classNames).isNotEmpty();
    List<String> arguments = new ArrayList<>(List.of("-c", "-p", "-cp", verifyModule().toString()));
    arguments.addAll(classNames);
    ToolProvider javap = ToolProvider.findFirst("javap").orElseThrow();
    StringWriter output = new StringWriter();
    StringWriter errors = new StringWriter();
    int exit =
        javap.run(
            new PrintWriter(output), new PrintWriter(errors), arguments.toArray(String[]::new));
    assertThat(exit).as("javap: %s", errors).isZero();
    return output.toString();
  }

  /** Its folder of classes, or its jar. */
  private static Path verifyModule() {
    try {
      return Path.of(CaseRunners.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException impossible) {
      throw new AssertionError(impossible);
    }
  }
}
