@echo off
rem Starts Dovetail on Windows: finds a JDK, builds where there is no build yet, and hands over to Java.
rem Environment: JAVA_HOME, the JDK to use where it is new enough; DOVETAIL_JAVA_OPTS, more flags for the JVM.
rem After a change of the sources, build with: mvn -Dlint.off -DskipTests package
setlocal EnableExtensions DisableDelayedExpansion
set "NEED=25"
set "ROOT=%~dp0"
set "APP=%ROOT%cli\target\dovetail"
set "JDK="
if defined JAVA_HOME call :consider "%JAVA_HOME%"
if not defined JDK for /f "delims=" %%J in ('where java 2^>nul') do call :consider "%%~dpJ.."
for %%R in ("%ProgramFiles%\Eclipse Adoptium" "%ProgramFiles%\Java" "%ProgramFiles%\Microsoft" "%ProgramFiles%\Amazon Corretto" "%ProgramFiles%\Zulu" "%USERPROFILE%\.jdks") do (
  if not defined JDK if exist "%%~R\" for /d %%J in ("%%~R\*") do call :consider "%%~J"
)
if not defined JDK (
  >&2 echo dovetail: needs a JDK %NEED% or newer, and found none ^(JAVA_HOME, java on the path, the usual folders^).
  >&2 echo   Install one, for example: winget install EclipseAdoptium.Temurin.%NEED%.JDK
  exit /b 1
)
if not exist "%APP%\dovetail.jar" (
  where mvn >nul 2>nul
  if errorlevel 1 (
    >&2 echo dovetail: has to be built first, and Maven is missing: install Maven 3.8 or newer.
    exit /b 1
  )
  >&2 echo dovetail: building with Maven and %JDK% ^(once^)
  call :build
  if errorlevel 1 exit /b 1
)
set "ARCHIVE=%APP%\other.jsa"
if "%~1"=="run" set "ARCHIVE=%APP%\run.jsa"
if "%~1"=="chat" set "ARCHIVE=%APP%\chat.jsa"
if "%~1"=="score" set "ARCHIVE=%APP%\score.jsa"
"%JDK%\bin\java.exe" %DOVETAIL_JAVA_OPTS% "@%APP%\jvm.options" "-XX:CompilerDirectivesFile=%APP%\kernels.json" -XX:+AutoCreateSharedArchive "-XX:SharedArchiveFile=%ARCHIVE%" -cp "%APP%\dovetail.jar" dev.dovetail.cli.Launch %*
exit /b %ERRORLEVEL%

:build
setlocal
set "JAVA_HOME=%JDK%"
call mvn -q -B -ntp -f "%ROOT%pom.xml" -pl cli -am -DskipTests -Dlint.off -Djacoco.skip=true package 1>&2
endlocal & exit /b %ERRORLEVEL%

rem Takes the JDK in folder %1 where its release file names a version that is new enough, and none was taken before.
:consider
if defined JDK exit /b 0
if not exist "%~1\bin\javac.exe" exit /b 0
if not exist "%~1\release" exit /b 0
for /f "tokens=2 delims==" %%V in ('findstr /b /c:"JAVA_VERSION=" "%~1\release"') do (
  for /f "tokens=1 delims=.+-" %%M in ("%%~V") do if %%M GEQ %NEED% set "JDK=%~f1"
)
exit /b 0
