// SPDX-License-Identifier: Apache-2.0
// The families' estimates against the maxima of the likelihood found by high-precision arithmetic.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <span>
#include <string>
#include <vector>

#include "catch.hpp"
#include "plimsoll/stats/compensated_sum.hpp"
#include "plimsoll/stats/gamma.hpp"
#include "plimsoll/stats/gumbel.hpp"
#include "plimsoll/stats/log_normal.hpp"
#include "plimsoll/stats/logistic.hpp"
#include "plimsoll/stats/newton.hpp"
#include "plimsoll/stats/normal.hpp"
#include "plimsoll/stats/quantile_deviation.hpp"
#include "plimsoll/stats/weibull.hpp"
#include "random.hpp"

namespace {

using namespace plimsoll::stats;
using plimsoll::test::Random;

constexpr double ulp = std::numeric_limits<double>::epsilon();

/// The two parameters, in the order of the family's struct, and the log-likelihood.
struct Expected {
  double first;
  double second;
  double log_likelihood;
};

struct Sample {
  std::string name;
  std::vector<double> sorted;
  Expected normal;
  Expected logistic;
  Expected gumbel;
  // Samples with numbers below 0 have none.
  Expected log_normal = {};
  Expected gamma = {};
  Expected weibull = {};
};

// mpmath, 60 digits: bisection of the textbook score equations in the logarithm of the scale (Gumbel, logistic,
// Weibull) or the shape (gamma). SciPy 1.10's fit() agrees to 3e-5 or better, but for "offset", "small", "large",
// "neighbours" and the Weibull of "decades below one", where it loses digits or gives up.
const std::vector<Sample> samples{
    {
        "moderate",
        {0.954, 2.082, 2.131, 2.493, 2.715, 2.937, 3.15, 4.098, 4.683, 4.76, 5.828, 6.133, 6.76, 10.817},
        {4.2529285714285713439, 2.4547792878466317816, -32.437655422090345698},
        {3.9719866136598543873, 1.3275937259131842311, -32.067232734392239009},
        {3.1708492897703554129, 1.7835648761894822499, -30.594322617741989647},
        {1.2830774287641444426, 0.5915818288702699337, -30.478849773710432739},
        {3.1959461167693457873, 1.3307259935056999274, -30.420550685106765429},
        {1.8500243868936218591, 4.8122044347899079012, -30.811615249659677802},
    },
    {
        "decades below one: gamma shape of some 1e-3",
        {1.37e-242, 2.08e-240, 5.64e-213, 2.8e-210, 9.79e-152, 2.73e-135, 1e-131, 3.29e-98, 1.16e-95, 1.06e-61,
         1.94e-45, 0.437},
        {0.03641666666666666663, 0.12078041944877581105, 8.3381107688482703841},
        {0.0066393470398945478892, 0.036416129762916026492, 12.594526812877166599},
        {0.0031686227356196231512, 0.036416422593634079085, 16.796874625464425539},
        {-310.53901944059585058, 174.53663399896000048, 3647.495355009907012},
        {0.0032010385887948501098, 11.376515982700812619, 3645.4985620860164821},
        {0.0061277701695053234487, 1.4036062137183092541e-97, 3646.8929741740681211},
    },
    {
        "nearly equal: gamma shape of some 1e6",
        {998.002, 998.012, 998.819, 998.898, 998.901, 999.16, 999.669, 999.744, 999.767, 1000.033, 1000.044, 1000.272,
         1000.738, 1000.962, 1001.449},
        {999.63133333333332757, 0.97652688419499610039, -20.927783030069471635},
        {999.63372942864883033, 0.5738806058511378541, -21.338431239585700253},
        {999.14405219928599748, 0.91203733742134727571, -21.633048991316226153},
        {6.9073860671892864796, 0.00097688368999173861339, -20.927724589061615883},
        {1047884.4519722474616, 0.00095395187079253268043, -20.927742276422314745},
        {1086.2490419956723423, 1000.1186713056824316, -21.702827591744147615},
    },
    {
        "decades: Weibull shape of some 0.1",
        {6.22e-10, 6.24e-10, 1.04e-09, 7.96e-05, 0.000116, 0.153, 0.412, 11.5, 16.6, 55.5, 2120.0, 8060.0, 13600.0},
        {1835.7050150463296924, 4025.0553796829623249, -126.35002226457165579},
        {819.60378548181796667, 1705.3542266959719178, -124.46122969383520628},
        {415.50690268687482057, 1757.2938515663703294, -120.63614811026082234},
        {-3.7616665374892931874, 11.017882261572216746, -0.73829091312037604326},
        {0.074559099310095104114, 24620.804597055803042, 1.237698159066284936},
        {0.11710483591670552574, 4.0773139254790042535, 0.15454201581539399884},
    },
    {
        "Weibull shape of some 1000",
        {7.98309, 7.98727, 7.99619, 7.99873, 7.99904, 8.00382, 8.00624, 8.00656, 8.00856, 8.00956},
        {7.9999059999999999171, 0.0085217019426873154298, 33.462006663539437033},
        {8.000869957025568822, 0.0049319950847946823273, 33.258510418388337662},
        {7.9953687530115099207, 0.0090961462366041280594, 32.010946342681048964},
        {2.0794292239535871589, 0.0010656544500254919149, 33.457984043284521201},
        {880813.41990136688118, 9.0824070333712967829e-6, 33.459326037784606972},
        {1274.7995043282570871, 8.0037912046131257206, 34.514272213941695707},
    },
    {
        "offset",
        {999999.998728, 999999.998803, 999999.998864, 999999.998945, 999999.999029, 999999.9996776, 999999.999993238,
         1000000.0004211, 1000000.000614},
        {999999.99945277088167, 0.00069604648786101936686, 52.660400163767684382},
        {999999.99938823745523, 0.00042671548830636048251, 52.208271616109384945},
        {999999.9991277236779, 0.00051876640141683195256, 53.437316949221588281},
        {13.815510557417044985, 6.9604648811605504835e-10, 52.66040016539509152},
        {2064065651675234373.8, 4.8448071341197511673e-13, 52.660400164852622474},
        {1452616785.0882338217, 999999.9998155856067, 51.7868201596432445},
    },
    {
        "small",
        {1.595e-201, 4.273e-201, 6.77e-201, 8.267e-201, 8.438e-201, 9.549e-201, 1.751e-200, 3.301e-200},
        {1.1176500000000000128e-200, 9.3160410717213996718e-201, 3673.3514191828553207},
        {9.4520631617838158938e-201, 4.7206049137213803333e-201, 3673.7603999687331315},
        {7.3175519314415298778e-201, 5.8213366091254689985e-201, 3675.161412334357133},
        {-460.73301280318737091, 0.84253408087198086494, 3675.8833234838633096},
        {1.6753061329741273478, 6.6713180236251214268e-201, 3675.7973931771368449},
        {1.2941287576918338495, 1.2166030370784966714e-200, 3675.6607677153952631},
    },
    {
        "large",
        {9.764e+198, 2.441e+199, 2.552e+199, 6.271e+199, 7.947e+199, 7.972e+199, 1.15e+200, 3.132e+200},
        {8.8724250000000001152e+199, 9.1028194321526013784e+199, -3694.735649858119617},
        {7.0704928034743154228e+199, 4.3200221194795824919e+199, -3694.025143959142876},
        {5.2685676679112488258e+199, 5.2342196435828423255e+199, -3692.4653586098870262},
        {459.92401748778900555, 1.0060996328830556618, -3690.7922970113469688},
        {1.1954050475576003361, 7.4221076932272901564e+199, -3691.1031194127702876},
        {1.0619783865450815076, 9.1065501521179562134e+199, -3691.1539720841739948},
    },
    {
        "two numbers",
        {1.0, 3.0},
        {2.0, 1.0, -2.8378770664093454836},
        {2.0, 0.6479182290296027496, -2.9933651905571281535},
        {1.5053499625618853245, 0.83355655960096469844, -2.8227347263464548077},
        {0.5493061443340548457, 0.5493061443340548457, -2.7382906491909625885},
        {3.6343027805778441732, 0.5503118811916946243, -2.7373417886435734679},
        {2.1839891154178710351, 2.2728179498180730272, -2.7231483091280719126},
    },
    {
        "three numbers",
        {0.5, 0.75, 4.0},
        {1.75, 1.5942605391424159146, -5.656045650352066669},
        {1.5159279070648730003, 0.96860990560114996736, -5.8054329982678101591},
        {1.0289104876815521283, 1.0693413232290585393, -5.2241202405367158662},
        {0.13515503603605479399, 0.90004173849576499224, -4.346338285841905216},
        {1.3197546825428869554, 1.3260040090391054363, -4.6129079006386654599},
        {1.1266724300423942199, 1.8360929221226861117, -4.6446665160046840654},
    },
    {
        "four numbers, tied but for one",
        {2.0, 2.0, 2.0, 5.0},
        {2.75, 1.2990381056766579701, -6.7222504203477866402},
        {2.4628588225909024234, 0.70921678629136261641, -6.7309568161556883838},
        {2.2068985097404497425, 0.73336570434081654611, -5.7217978569909400363},
        {0.92221986352848407571, 0.39676552552762697368, -5.6669944326262637951},
        {5.7555346359503894565, 0.47780096445304476933, -5.979910068844803769},
        {2.2786510818569619173, 3.1261412629024881828, -6.3776964785031334612},
    },
    {
        "five numbers, tied but for one",
        {1.0, 7.0, 7.0, 7.0, 7.0},
        {5.8, 2.4, -11.472036352792863387},
        {6.411649799016700729, 1.176143591140557523, -11.225213565462789221},
        {4.451476888438421473, 2.8420525441472088109, -12.595078367225754956},
        {1.5567281192442506441, 0.77836405962212532204, -13.625528655765223649},
        {2.6407396396514413593, 2.1963543519820675269, -12.763400773958132051},
        {2.590405342810567994, 6.4262531952712522185, -11.957627076607052636},
    },
    {
        "neighbours",
        {1.0, 1.0000000000000002, 1.0000000000000002},
        {1.000000000000000148, 1.0467283057891833729e-16, 106.13026066290186115},
        {1.0000000000000001637, 6.3549152399301124106e-17, 105.98151976078797612},
        {1.0000000000000000926, 1.0491801419062994032e-16, 105.7955656502141503},
        {1.4802973661668752229e-16, 1.0467283057891832567e-16, 106.13026066290186104},
        {9.1270843216432539426e+31, 1.0956401461402940661e-32, 106.13026066290186108},
        {14378588887290885.195, 1.0000000000000001953, 106.57628879312311917},
    },
    {
        "upper outlier",
        {1.0, 1.25, 1.5, 1.625, 2.0, 100000000.0},
        {16666667.895833333333, 37267799.075296451757, -113.11547249637619996},
        {6661121.0294575119616, 16548687.180756947829, -112.51089773302158398},
        {3021724.4242649337439, 16617978.951051306088, -110.68254587980250717},
        {3.3713240666193976212, 6.7337073635690485482, -40.184330778391421319},
        {0.064416325205844227813, 258733602.74083494623, -43.049501184105192952},
        {0.11902764541828332778, 1374.5252163664785924, -41.751122017222222747},
    },
    {
        "lower outlier",
        {1e-08, 1.25, 1.5, 1.625, 2.0, 2.25},
        {1.4375000016666666667, 0.72078515884300319521, -6.5491462227854373403},
        {1.5378700645680160621, 0.391575933114920035, -6.4820176892766515707},
        {1.045731009105632458, 0.81193563285457984545, -7.6450689937422117606},
        {-2.6337478119953360721, 7.0626917379818016877, -4.4401017963249701225},
        {0.23878420793691406502, 6.020079862427288464, 0.0052480415354142340747},
        {0.31629077610702726886, 0.95660713709047619012, -2.0180651584422518381},
    },
    {
        "negated log-normal",
        {-6.525, -6.213, -5.661, -2.912, -2.477, -2.384, -2.059, -1.629, -1.615, -1.586,
         -1.543, -1.523, -1.416, -1.345, -1.294, -1.056, -1.049, -1.018, -0.985, -0.736,
         -0.722, -0.588, -0.541, -0.531, -0.39,  -0.37,  -0.358, -0.347, -0.297, -0.207},
        {-1.645899999999999988, 1.6465394083754367751, -57.528428711605902671},
        {-1.3221771434744460644, 0.75831435570376583322, -54.089327005026669891},
        {-2.5978058607118641143, 2.1915786481067010351, -66.569077258186612173},
    },
    {
        "both signs",
        {-2.0085, -0.7724, -0.7695, -0.4257, -0.0179, -0.0072, 0.4074, 0.826, 0.9164, 1.7817, 4.8132},
        {0.43122727272727272785, 1.6892241167260565173, -21.375286396099473715},
        {0.22262547539531227604, 0.85665252667553344044, -20.732263734832440712},
        {-0.30560718592688362487, 1.261113495694511108, -19.978947700238171971},
    },
};

/// Location and scale families: the location to some 1e-14 of the scale, as far as doubles there can tell.
template <typename FamilyOf>
void check_location_scale(const Sample& sample, const Estimate<FamilyOf>& estimate, const Expected& expected) {
  const auto [location, scale] = estimate.family;
  INFO(sample.name << ": " << FamilyOf::name);
  REQUIRE(estimate.ok());
  // 1e-14: the rounding of some sums and of the equation's root. All are within a third of it.
  CHECK(location == Approx(expected.first).margin(1e-14 * scale + ulp * std::abs(location)).epsilon(0));
  CHECK(scale == Approx(expected.second).epsilon(1e-14).margin(0));
  // Where the location is far from zero, its last bit moves the likelihood.
  const double slack = ulp * static_cast<double>(sample.sorted.size()) * std::abs(location) / scale;
  CHECK(estimate.log_likelihood == Approx(expected.log_likelihood).epsilon(1e-14).margin(1e-13 + slack));
}

template <typename FamilyOf>
void check_positive(const Sample& sample, const Estimate<FamilyOf>& estimate, const Expected& expected) {
  const auto [first, second, location] = estimate.family;
  INFO(sample.name << ": " << FamilyOf::name);
  REQUIRE(estimate.ok());
  CHECK(location == 0);
  CHECK(first == Approx(expected.first).epsilon(1e-14).margin(0));
  CHECK(second == Approx(expected.second).epsilon(1e-14).margin(0));
  CHECK(estimate.log_likelihood == Approx(expected.log_likelihood).epsilon(1e-14).margin(1e-13));
}

TEST_CASE("the likeliest parameters") {
  for (const Sample& sample : samples) {
    const std::vector<double>& x = sample.sorted;
    check_location_scale(sample, normal_mle(x), sample.normal);
    check_location_scale(sample, logistic_mle(x), sample.logistic);
    check_location_scale(sample, gumbel_mle(x), sample.gumbel);
    if (x.front() <= 0) continue;
    check_positive(sample, log_normal_mle(x), sample.log_normal);
    check_positive(sample, gamma_mle(x), sample.gamma);
    check_positive(sample, weibull_mle(x), sample.weibull);
  }
}

/// Every estimator as a function of the sample and the location, and its estimate as plain numbers.
struct Fitted {
  EstimateStatus status;
  double location;  ///< a point on the sample's axis
  double scale;     ///< a length there
  double shape;     ///< dimensionless
  double log_likelihood;
};

struct Estimator {
  std::string name;
  bool positive;
  Fitted (*fit)(std::span<const double>, double);
};

const std::vector<Estimator> estimators{
    {"normal", false,
     [](std::span<const double> x, double) {
       const auto e = normal_mle(x);
       return Fitted{e.status, e.family.mean, e.family.deviation, 0, e.log_likelihood};
     }},
    {"normal by L-moments", false,
     [](std::span<const double> x, double) {
       const auto e = normal_l_moments(x);
       return Fitted{e.status, e.family.mean, e.family.deviation, 0, 0};
     }},
    {"logistic", false,
     [](std::span<const double> x, double) {
       const auto e = logistic_mle(x);
       return Fitted{e.status, e.family.location, e.family.scale, 0, e.log_likelihood};
     }},
    {"gumbel", false,
     [](std::span<const double> x, double) {
       const auto e = gumbel_mle(x);
       return Fitted{e.status, e.family.mu, e.family.sigma, 0, e.log_likelihood};
     }},
    {"gumbel by L-moments", false,
     [](std::span<const double> x, double) {
       const auto e = gumbel_l_moments(x);
       return Fitted{e.status, e.family.mu, e.family.sigma, 0, 0};
     }},
    // exp(log_mean) is a scale, but not with exact powers of two.
    {"log_normal", true,
     [](std::span<const double> x, double location) {
       const auto e = log_normal_mle(x, location);
       return Fitted{e.status, location, 0, e.family.log_deviation, e.log_likelihood};
     }},
    {"gamma", true,
     [](std::span<const double> x, double location) {
       const auto e = gamma_mle(x, location);
       return Fitted{e.status, location, e.family.scale, e.family.shape, e.log_likelihood};
     }},
    {"weibull", true,
     [](std::span<const double> x, double location) {
       const auto e = weibull_mle(x, location);
       return Fitted{e.status, location, e.family.scale, e.family.shape, e.log_likelihood};
     }},
};

TEST_CASE("a power of two scales the estimates bit for bit") {
  for (const Sample& sample : samples) {
    for (const Estimator& estimator : estimators) {
      if (estimator.positive && sample.sorted.front() <= 0) continue;
      INFO(sample.name << ": " << estimator.name);
      const Fitted fitted = estimator.fit(sample.sorted, 0);
      for (const double factor : {8.0, 0x1p-30, 0x1p150}) {
        std::vector<double> scaled = sample.sorted;
        for (double& x : scaled) x *= factor;
        const Fitted other = estimator.fit(scaled, 0);
        CHECK(other.status == EstimateStatus::ok);
        CHECK(other.location == fitted.location * factor);
        CHECK(other.scale == fitted.scale * factor);
        CHECK(other.shape == fitted.shape);
        const double change = std::log(factor) * static_cast<double>(scaled.size());
        if (fitted.log_likelihood != 0) {
          // As above, the rounding of (x - location) / scale, which is the same in both.
          CHECK(other.log_likelihood == Approx(fitted.log_likelihood - change).epsilon(1e-14).margin(1e-11));
        }
      }
    }
  }
}

TEST_CASE("estimates follow other factors and shifts") {
  for (const Sample& sample : samples) {
    const double size = std::max(std::abs(sample.sorted.front()), std::abs(sample.sorted.back()));
    if (sample.sorted.back() - sample.sorted.front() < 1e-4 * size) continue;  // lost when x is rounded
    for (const Estimator& estimator : estimators) {
      if (estimator.positive && sample.sorted.front() <= 0) continue;
      INFO(sample.name << ": " << estimator.name);
      const Fitted fitted = estimator.fit(sample.sorted, 0);
      std::vector<double> other = sample.sorted;
      for (double& x : other) x *= 0.7;
      const Fitted scaled = estimator.fit(other, 0);
      // Each number is rounded once: 1e-16 of the largest, of which the scale is at least some 1e-4 here.
      CHECK(scaled.location == Approx(fitted.location * 0.7).epsilon(1e-12).margin(1e-12 * fitted.scale));
      CHECK(scaled.scale == Approx(fitted.scale * 0.7).epsilon(1e-11).margin(0));
      CHECK(scaled.shape == Approx(fitted.shape).epsilon(1e-11).margin(0));
      if (estimator.positive) continue;
      const double shift = 100 * size;
      for (std::size_t i = 0; i < other.size(); ++i) other[i] = sample.sorted[i] + shift;
      if (other.back() - other.front() == 0) continue;
      const Fitted shifted = estimator.fit(other, 0);
      CHECK(shifted.location - shift == Approx(fitted.location).epsilon(0).margin(1e-12 * size));
      CHECK(shifted.scale == Approx(fitted.scale).epsilon(1e-9).margin(0));
    }
  }
}

TEST_CASE("a known location is subtracted, and nothing else changes") {
  // Multiples of 2^-10 and a location that keeps them exact: the same differences, so the same bits.
  const std::vector<double> x{0.25, 1.5, 2.0009765625, 2.75, 3.5, 7.25, 19.0};
  std::vector<double> shifted = x;
  for (double& number : shifted) number -= 4096;
  for (const Estimator& estimator : estimators) {
    if (!estimator.positive) continue;
    INFO(estimator.name);
    const Fitted fitted = estimator.fit(x, 0);
    const Fitted other = estimator.fit(shifted, -4096);
    CHECK(other.status == EstimateStatus::ok);
    CHECK(other.location == -4096);
    CHECK(other.scale == Approx(fitted.scale).epsilon(1e-13).margin(0));  // the mean, near -4096, is rounded there
    CHECK(other.shape == Approx(fitted.shape).epsilon(1e-13).margin(0));
    CHECK(other.log_likelihood == Approx(fitted.log_likelihood).epsilon(1e-13).margin(0));
  }
}

TEST_CASE("samples without an estimate say why") {
  for (const Estimator& estimator : estimators) {
    INFO(estimator.name);
    const auto status = [&](const std::vector<double>& x, double location = 0) {
      return estimator.fit(x, location).status;
    };
    CHECK(status({}) == EstimateStatus::too_few);
    CHECK(status({1}) == EstimateStatus::too_few);
    CHECK(status({2, 2}) == EstimateStatus::no_spread);
    CHECK(status({1e300, 1e300, 1e300}) == EstimateStatus::no_spread);
    CHECK(status({1, 2}) == EstimateStatus::ok);
    if (!estimator.positive) continue;
    CHECK(status({0, 1, 2}) == EstimateStatus::out_of_support);
    CHECK(status({-0.0, 1, 2}) == EstimateStatus::out_of_support);
    CHECK(status({-1, 1, 2}) == EstimateStatus::out_of_support);
    CHECK(status({0, 0}) == EstimateStatus::out_of_support);
    CHECK(status({3, 4}, 3) == EstimateStatus::out_of_support);
    CHECK(status({3, 4}, 2.5) == EstimateStatus::ok);
  }
}

TEST_CASE("the ends of the doubles") {
  constexpr double most = std::numeric_limits<double>::max();
  constexpr double least = std::numeric_limits<double>::denorm_min();
  for (const Estimator& estimator : estimators) {
    INFO(estimator.name);
    for (const std::vector<double>& x : {std::vector<double>{least, 4 * least, 1000 * least},
                                         {least, 1, most},
                                         {most / 4, most / 2, most},
                                         {1, std::nextafter(1, 2)},
                                         {1e-300, 1e300}}) {
      const Fitted fitted = estimator.fit(x, 0);
      // mean / shape is beyond the doubles.
      if (estimator.name == "gamma" && x.front() == least && x.back() == most) {
        CHECK(fitted.status == EstimateStatus::out_of_support);
        continue;
      }
      CHECK(fitted.status == EstimateStatus::ok);
      CHECK(std::isfinite(fitted.location));
      CHECK((estimator.name == "log_normal" || fitted.scale > 0));
      CHECK(fitted.scale <= most);
      CHECK((!estimator.positive || fitted.shape > 0));
      CHECK(std::isfinite(fitted.log_likelihood));
    }
    if (estimator.positive) continue;
    const Fitted widest = estimator.fit(std::vector<double>{-most, 0, most}, 0);
    if (widest.status == EstimateStatus::ok) {
      CHECK(std::isfinite(widest.location));
      CHECK(std::isfinite(widest.scale));
    } else {
      CHECK(widest.status == EstimateStatus::out_of_support);
    }
    // A deviation of half the least double rounds to 0.
    const Fitted narrowest = estimator.fit(std::vector<double>{0, least}, 0);
    CHECK((narrowest.status == EstimateStatus::no_spread || narrowest.scale > 0));
  }
}

/// No step of this share of the scale, in any direction, is likelier.
template <typename FamilyOf, typename Moved>
void check_maximum(std::span<const double> x, const Estimate<FamilyOf>& estimate, const Moved& moved) {
  REQUIRE(estimate.ok());
  const double best = log_likelihood(x, estimate.family);
  CHECK(estimate.log_likelihood == Approx(best).epsilon(1e-11).margin(1e-9));
  for (int direction = 0; direction < 12; ++direction) {
    const double angle = direction * std::numbers::pi / 6;
    const FamilyOf other = moved(estimate.family, 1e-3 * std::cos(angle), 1e-3 * std::sin(angle));
    CHECK(log_likelihood(x, other) < best);
  }
}

TEST_CASE("no parameters nearby are likelier") {
  Random random(11);
  for (int repetition = 0; repetition < 100; ++repetition) {
    const std::size_t n = 2 + random.below(40);
    const double shape = std::exp(3 * random.normal());
    std::vector<double> x;
    for (std::size_t i = 0; i < n; ++i) x.push_back(Weibull{shape, 3, 0}.upper_quantile(random.uniform()));
    std::sort(x.begin(), x.end());
    if (x.front() < 1e-290) continue;
    const auto location_scale = [](auto family, double a, double b) {
      auto& [location, scale] = family;
      location += a * scale;
      scale *= 1 + b;
      return family;
    };
    const auto shape_scale = [](auto family, double a, double b) {
      family.shape *= 1 + a;
      family.scale *= 1 + b / family.shape;
      return family;
    };
    INFO("shape " << shape << ", n = " << n);
    check_maximum(x, normal_mle(x), location_scale);
    check_maximum(x, logistic_mle(x), location_scale);
    check_maximum(x, gumbel_mle(x), location_scale);
    check_maximum(x, gamma_mle(x), shape_scale);
    check_maximum(x, weibull_mle(x), shape_scale);
    check_maximum(x, log_normal_mle(x), [](LogNormal family, double a, double b) {
      return LogNormal{family.log_mean + a * family.log_deviation, family.log_deviation * (1 + b), 0};
    });
  }
}

TEST_CASE("how far a fitted quantile strays") {
  // sqrt(n) deviation for large n: the expected information and the quantile's slopes by numerical integration of the
  // densities (double exponential rule) and five-point differences, in Python; good to some 1e-9.
  const auto check = [](const auto& family, const std::array<double, 3>& expected) {
    std::size_t i = 0;
    for (const double rate : {0.01, 0.25, 0.9}) {
      INFO(rate);
      CHECK(quantile_deviation(family, rate, 1) == Approx(expected[i]).epsilon(1e-7));
      CHECK(quantile_deviation(family, rate, 400) == Approx(expected[i] / 20).epsilon(1e-7));
      ++i;
    }
  };
  check(Normal{1, 2}, {3.850167381, 2.215823289, 2.699027386});
  check(LogNormal{0.5, 0.75, 0}, {13.62693400, 2.272003592, 0.6382013522});
  check(LogNormal{0.5, 0.75, -4}, {13.62693400, 2.272003592, 0.6382013522});
  check(Logistic{1, 2}, {8.430012235, 3.921247861, 5.050221693});
  check(Gumbel{1, 2}, {8.084037759, 3.281936104, 2.100300622});
  check(Weibull{1.75, 3, 0}, {5.414274016, 2.071860251, 1.095343321});
  check(Weibull{1.75, 3, 7}, {5.414274016, 2.071860251, 1.095343321});
  check(Gamma{2.5, 2, 0}, {12.67588225, 4.241624832, 1.954314673});
}

TEST_CASE("L-moment estimates") {
  // Hosking 1990, table 1, with the L-moments of 1, 2, 3, 5, 8, 13, 21 by definition: l1 = 53/7, l2 = 29/7.
  const std::vector<double> x{1, 2, 3, 5, 8, 13, 21};
  const auto normal = normal_l_moments(x);
  REQUIRE(normal.ok());
  CHECK(normal.family.mean == Approx(53.0 / 7).epsilon(1e-15));
  CHECK(normal.family.deviation == Approx(29.0 / 7 * std::sqrt(std::numbers::pi)).epsilon(1e-15));
  CHECK(std::isnan(normal.log_likelihood));
  const auto gumbel = gumbel_l_moments(x);
  REQUIRE(gumbel.ok());
  CHECK(gumbel.family.sigma == Approx(29.0 / 7 / std::log(2)).epsilon(1e-15));
  CHECK(gumbel.family.mu == Approx(53.0 / 7 - 0.57721566490153286 * 29.0 / 7 / std::log(2)).epsilon(1e-15));
  CHECK(std::isnan(gumbel.log_likelihood));
  // Data and figures of the tests of lmoments3, a port of Hosking's Fortran; six decimals.
  const std::vector<double> y{1.2, 1.3, 1.5, 2.0, 2.2, 2.4, 3.0, 4.0, 5.4, 5.5, 7.1};
  CHECK(normal_l_moments(y).family.deviation == Approx(2.023820).margin(6e-7).epsilon(0));
  CHECK(gumbel_l_moments(y).family.mu == Approx(2.285519).margin(6e-7).epsilon(0));
  CHECK(gumbel_l_moments(y).family.sigma == Approx(1.647295).margin(6e-7).epsilon(0));
}

TEST_CASE("the safeguarded Newton iteration ends at the root, with a wrong slope too") {
  const auto root = [](auto function, double slope_factor, double start) {
    std::size_t calls = 0;
    const auto tangent = [&](double x) -> Tangent {
      ++calls;
      constexpr double step = 1e-6;
      return {function(x), slope_factor * (function(x + step) - function(x - step)) / (2 * step)};
    };
    const auto found = newton(tangent, -3.0, 8.0, start);
    REQUIRE(found);
    CHECK(calls < 200);  // a bracket of 11 is halved 56 times until it is one ulp at 0.1, every third step at worst
    return *found;
  };
  const auto cubic = [](double x) { return x * x * x - 0.001; };
  const auto steep = [](double x) { return std::cbrt(x - 0.1); };  // plain Newton diverges
  const auto flat = [](double x) { return std::atan(100 * (x - 0.1)); };
  const auto step = [](double x) { return x < 0.1 ? -1.0 : 1.0; };  // slope 0
  for (const double slope_factor : {1.0, -1.0, 0.0, 1e-3}) {
    for (const double start : {-3.0, -1.0, 0.0, 7.9}) {
      INFO("slope times " << slope_factor << ", from " << start);
      CHECK(root(cubic, slope_factor, start) == Approx(0.1).epsilon(1e-13));
      CHECK(root(steep, slope_factor, start) == Approx(0.1).epsilon(1e-13));
      CHECK(root(flat, slope_factor, start) == Approx(0.1).epsilon(1e-13));
      CHECK(root(step, slope_factor, start) == Approx(0.1).epsilon(1e-13));
    }
  }
  CHECK_FALSE(newton([](double) -> Tangent { return {std::nan(""), 1}; }, 0.0, 1.0, 0.5));
}

TEST_CASE("a compensated sum keeps what a plain one loses") {
  CompensatedSum sum;
  for (const double x : {1.0, 1e100, 1.0, -1e100}) sum += x;  // Neumaier's example: 2; a plain sum gives 0
  CHECK(sum.value() == 2);
}

}  // namespace
