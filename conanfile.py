# SPDX-License-Identifier: Apache-2.0
import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load, rmdir


class PlimsollConan(ConanFile):
    name = "plimsoll"
    description = "Thresholds for anomaly scores, from normal data alone"
    license = "Apache-2.0"
    topics = ("anomaly-detection", "threshold", "extreme-value-theory", "conformal-prediction")
    package_type = "static-library"
    settings = "os", "arch", "compiler", "build_type"
    # io: files and methods by name, compiled; without it the package is headers alone.
    options = {"fPIC": [True, False], "io": [True, False], "with_opencv": [True, False], "program": [True, False]}
    default_options = {"fPIC": True, "io": True, "with_opencv": True, "program": False}
    exports_sources = "CMakeLists.txt", "cmake/*", "include/*", "src/*", "LICENSE", "README.md"

    def set_version(self):
        header = load(self, os.path.join(self.recipe_folder, "include/plimsoll/version.hpp"))
        parts = (re.search(rf"PLIMSOLL_VERSION_{part} (\d+)", header).group(1) for part in ("MAJOR", "MINOR", "PATCH"))
        self.version = ".".join(parts)

    def configure(self):
        if not self.options.io:
            self.options.rm_safe("fPIC")
            self.options.rm_safe("with_opencv")
            self.options.rm_safe("program")

    @property
    def _with_opencv(self):
        return bool(self.options.get_safe("with_opencv"))

    @property
    def _with_program(self):
        return bool(self.options.get_safe("program"))

    def requirements(self):
        self.requires("boost/[>=1.74 <2]", transitive_headers=True, options={"header_only": True})
        self.requires("eigen/[>=3.4 <4]", transitive_headers=True)
        self.requires("fmt/[>=9]", transitive_headers=True, transitive_libs=True)
        if self.options.io:
            self.requires("nlohmann_json/[>=3.11 <4]")
        if self._with_opencv:
            self.requires("opencv/[>=4.6 <5]")
        if self._with_program:
            self.requires("cli11/[>=2.1 <3]")

    def validate(self):
        check_min_cppstd(self, 20)

    def layout(self):
        cmake_layout(self)

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["PLIMSOLL_BUILD_TESTS"] = False
        toolchain.cache_variables["PLIMSOLL_BUILD_EXAMPLES"] = False
        toolchain.cache_variables["PLIMSOLL_BUILD_IO"] = bool(self.options.io)
        toolchain.cache_variables["PLIMSOLL_WITH_OPENCV"] = self._with_opencv
        toolchain.cache_variables["PLIMSOLL_BUILD_PROGRAM"] = self._with_program
        toolchain.generate()
        CMakeDeps(self).generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        CMake(self).install()
        for folder in ("lib/cmake", "lib/pkgconfig", "share"):
            rmdir(self, os.path.join(self.package_folder, folder))

    def package_id(self):
        if not self.options.io:
            self.info.clear()

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "plimsoll")
        headers = self.cpp_info.components["plimsoll"]
        headers.set_property("cmake_target_name", "plimsoll::plimsoll")
        headers.requires = ["boost::headers", "eigen::eigen", "fmt::fmt"]
        headers.bindirs = []
        headers.libdirs = []
        if not self.options.io:
            return
        registry = self.cpp_info.components["registry"]
        registry.set_property("cmake_target_name", "plimsoll::registry")
        registry.libs = ["plimsoll-registry"]
        registry.defines = ["PLIMSOLL_COMPILED_REGISTRY"]
        registry.requires = ["plimsoll"]
        io = self.cpp_info.components["io"]
        io.set_property("cmake_target_name", "plimsoll::io")
        io.libs = ["plimsoll-io"]
        io.requires = ["plimsoll", "nlohmann_json::nlohmann_json"]
        if self._with_opencv:
            io.requires += ["opencv::opencv_core", "opencv::opencv_imgproc", "opencv::opencv_imgcodecs"]
        if self._with_program:
            self.cpp_info.components["program"].requires = ["io", "registry", "cli11::cli11"]
