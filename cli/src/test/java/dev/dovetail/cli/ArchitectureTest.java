package dev.dovetail.cli;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_THROW_GENERIC_EXCEPTIONS;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which way calls go between the modules, and what each of them leaves alone. */
class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .withImportOption(location -> !location.contains("-tests.jar"))
          .importPackages("dev.dovetail");

  /** Rules about classes that were not scanned hold of anything. */
  @ParameterizedTest
  @CsvSource({
    "dev.dovetail.models, 20",
    "dev.dovetail.engine, 20",
    "dev.dovetail.cpu, 10",
    "dev.dovetail.dgf, 3",
    "dev.dovetail.gpu, 8",
    "dev.dovetail.cli, 2",
  })
  void everyModuleWasScanned(String module, int atLeast) {
    assertThat(CLASSES.that(resideInAPackage(module + ".."))).hasSizeGreaterThanOrEqualTo(atLeast);
  }

  @Test
  void callsGoDown() {
    check(
        layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("models")
            .definedBy("dev.dovetail.models..")
            .layer("engine-core")
            .definedBy("dev.dovetail.engine..")
            .layer("verify-cpu")
            .definedBy("dev.dovetail.cpu..")
            .layer("dgf-fusion")
            .definedBy("dev.dovetail.dgf..")
            .layer("draft-gpu")
            .definedBy("dev.dovetail.gpu..")
            .layer("cli")
            .definedBy("dev.dovetail.cli..")
            .whereLayer("cli")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("verify-cpu")
            .mayOnlyBeAccessedByLayers("cli")
            .whereLayer("dgf-fusion")
            .mayOnlyBeAccessedByLayers("cli")
            .whereLayer("draft-gpu")
            .mayOnlyBeAccessedByLayers("cli")
            .whereLayer("models")
            .mayNotAccessAnyLayer()
            .whereLayer("engine-core")
            .mayOnlyAccessLayers("models"));
  }

  @Test
  void everyClassIsInAModulesPackage() {
    check(
        classes()
            .should()
            .resideInAnyPackage(
                "dev.dovetail.models..",
                "dev.dovetail.engine..",
                "dev.dovetail.cpu..",
                "dev.dovetail.dgf..",
                "dev.dovetail.gpu..",
                "dev.dovetail.cli.."));
  }

  @Test
  void packagesHaveNoCycles() {
    check(slices().matching("dev.dovetail.(**)").should().beFreeOfCycles());
  }

  @Test
  void theVectorApiIsForVerifyCpu() {
    check(onlyIn("dev.dovetail.cpu..", "jdk.incubator.vector.."));
  }

  @Test
  void jcudaIsForDraftGpu() {
    check(onlyIn("dev.dovetail.gpu..", "jcuda.."));
  }

  @Test
  void onlyTheCliUsesStandardStreams() {
    check(noClasses().that(outsideCli()).should(ACCESS_STANDARD_STREAMS));
  }

  @Test
  void onlyTheCliEndsTheProcess() {
    check(
        noClasses()
            .that(outsideCli())
            .should()
            .callMethod(System.class, "exit", int.class)
            .orShould()
            .callMethod(Runtime.class, "exit", int.class)
            .orShould()
            .callMethod(Runtime.class, "halt", int.class));
  }

  @Test
  void exceptionsSayWhatTheyAre() {
    check(NO_CLASSES_SHOULD_THROW_GENERIC_EXCEPTIONS);
  }

  @Test
  void noLoggingFrameworkIsForced() {
    check(NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING);
    check(noClasses().should().dependOnClassesThat().resideInAnyPackage("org.slf4j.."));
  }

  private static ArchRule onlyIn(String owner, String api) {
    return noClasses()
        .that(resideOutsideOfPackages(owner))
        .should()
        .dependOnClassesThat()
        .resideInAPackage(api);
  }

  private static DescribedPredicate<JavaClass> outsideCli() {
    return resideOutsideOfPackages("dev.dovetail.cli..");
  }

  private static void check(ArchRule rule) {
    rule.check(CLASSES);
  }
}
